from django.urls import path

from . import views

app_name = "pages"
urlpatterns = [
    path("conditions/", views.condition_list, name="condition_list"),
    path("conditions/<slug:slug>/", views.condition_detail, name="condition_detail"),
    path("people/<slug:slug>/", views.person_detail, name="person_detail"),
    path("<slug:slug>/", views.standing_detail, name="standing_detail"),
]
